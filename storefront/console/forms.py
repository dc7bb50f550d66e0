"""The shape of what people send to the frame's own pages."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField

from storefront.core.errors import Refusal


class FirstOwnerForm(FlaskForm):
    """Name, e-mail and password of the person who sets the shop up."""

    name = StringField()
    email = StringField()
    password = PasswordField()

    def check(self) -> None:
        """Raises Refusal for what is missing or too long; the service knows the rest."""
        for field, longest in ((self.name, 120), (self.email, 320), (self.password, 256)):
            if not (field.data or "").strip():
                raise Refusal(_("Please fill this in."), field=field.name)
            if len(field.data) > longest:
                raise Refusal(_("At most %(count)s characters fit here.", count=longest), field=field.name)
