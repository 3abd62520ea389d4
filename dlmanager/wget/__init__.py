"""All that is known of GNU wget's command line: text in, text out, nothing is run here."""
