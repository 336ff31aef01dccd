"""`x-oss-process`: what is made of pictures and videos."""
