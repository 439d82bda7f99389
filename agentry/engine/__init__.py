"""The embedded deployment engine: Pulumi's protocol, without the Pulumi CLI."""
