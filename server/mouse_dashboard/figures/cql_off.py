"""The note of CQL figures when the penalty is off."""

CQL_OFF = "The CQL penalty is off: cql_weight is 0. Set it above 0 to see what the penalty adds to the loss."
