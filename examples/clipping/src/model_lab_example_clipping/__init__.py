"""Where is a recording clipped? A plug-in for Model Lab."""
