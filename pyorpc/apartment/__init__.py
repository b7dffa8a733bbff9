"""Where calls run: STA, MTA and neutral apartments, and who may enter them now."""
