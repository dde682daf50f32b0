"""What the data itself says of how it was recorded: tensors in, numbers out, no names of fields and no opinion."""
