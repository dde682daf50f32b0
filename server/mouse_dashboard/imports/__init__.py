"""Files of other libraries on their way to a batch: kept until someone says which field is which."""
