"""From a leased message to what became of it: render what people read, hand it to the channel, say when to retry.

    Message ─view→ plain names ─templates→ Rendered ─notifier→ Receipt, or DeliveryError ─retry→ the next try

Everything left of the notifier is pure.
"""
