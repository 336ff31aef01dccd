"""The project file of Serverless Devs, read."""
