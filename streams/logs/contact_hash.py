"""The short name of a contact in logs and traces: a keyed hash, 8 hexadecimal characters.

Without the installation's secret nobody can tell which user it stands for, nor try them all.
"""

import hashlib
import hmac


def contact_hash(contact: str, secret: str) -> str:
    """8 characters that stand for `contact`; the same contact and secret always give the same."""
    key = secret.encode("utf-8", "surrogatepass")
    message = contact.encode("utf-8", "surrogatepass")
    return hmac.new(key, message, hashlib.sha256).hexdigest()[:8]
