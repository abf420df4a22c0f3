"""The functional core: frozen values and pure functions over the standard library only; no clock, no I/O, no chance."""
