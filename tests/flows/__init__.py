"""Stories: the real product over loopback HTTP with the official clients, and time that is advanced."""
