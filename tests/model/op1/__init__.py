"""Independent model of Open Profile 1 (OP1): written from the text of the format alone, slow and short.

It shares no line and no table with the C code. docs/wire-format.md is the text; "OP1 §n" below are its paragraphs.
"""
