"""The system's own objects, behind interfaces/."""
