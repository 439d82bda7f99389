"""The native Pulumi provider: servicer, wire, fields, schema and the kinds of resources."""
