"""Bytes in, readings or a rejection out. One file a dialect or file format."""
