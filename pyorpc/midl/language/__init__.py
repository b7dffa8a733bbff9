"""What an editor asks about IDL text: mistakes, meanings, places. Works on half-typed text."""
