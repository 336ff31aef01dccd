"""What has happened to a media: facts in one order, appended once and never changed."""
