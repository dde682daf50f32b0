"""The dashboard service: the losses of `mouse` over HTTP, wiring only."""
