"""The module itself as the client of OpenAI."""
import openai

openai.api_key = "sk-1"
openai.chat.completions.create(model="gpt-5", messages=[])
