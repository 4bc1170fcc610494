"""Mails: headers, text, and the names of attachments."""
