"""What the pages of the frame read and change."""
