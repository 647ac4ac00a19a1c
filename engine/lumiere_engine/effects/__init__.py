"""What an artist asks for, as one operation: (plate, matte, reference) → frames."""
