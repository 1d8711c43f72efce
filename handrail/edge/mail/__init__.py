"""Mail: letters out by SMTP, and what comes in.

Standard: RFC 5321, RFC 5322, RFC 3464.
"""
