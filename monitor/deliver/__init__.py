"""Deliver a message: render it for its channel, send it, and decide when to retry.

    Message ─template_context→ plain values ─templates→ RenderedMessage ─notifier→ Receipt
                                                                                 ↘ DeliveryError ─backoff→ a retry

Everything before the notifier is pure.
"""
