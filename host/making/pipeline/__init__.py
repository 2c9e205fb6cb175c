"""All steps from recordings to a bundle, each done again only when what it works on has changed."""
