"""The only package that knows every concrete class."""
