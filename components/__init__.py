"""The words of a program: Agent, and the resource classes it is made of."""
