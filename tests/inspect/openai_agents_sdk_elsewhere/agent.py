"""The OpenAI Agents SDK as it comes asks OpenAI."""
from agents import Agent

Agent(name="helper", model="gpt-5")
