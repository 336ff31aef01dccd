"""PAI's multimedia analysis: what a model says of an image, a video or a post. It has a host, an AppId and a token of its own."""
