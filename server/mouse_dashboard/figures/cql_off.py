"""What a figure of the CQL penalty says when there is none."""

CQL_OFF = "The CQL penalty is off: cql_weight is 0. Set it above 0 to see what the penalty adds to the loss."
