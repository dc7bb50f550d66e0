"""Transactional mail: a template and a row, no gate. Written with the command, delivered by the worker.

Every message is a row, unique per (template, dedupe key), and its Message-ID follows from that pair: however
often a dying process makes us deliver it again, the reader's mail program sees one message.
"""

from __future__ import annotations

from storefront.core.mail.delivery import MAX_ATTEMPTS, deliver, deliver_due
from storefront.core.mail.messages import message_id, send
from storefront.core.mail.transport import init_mail

__all__ = ["MAX_ATTEMPTS", "deliver", "deliver_due", "init_mail", "message_id", "send"]
