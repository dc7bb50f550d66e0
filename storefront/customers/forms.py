"""The shape of what people send about their account."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from storefront.customers.rules import LONGEST_PASSWORD


class SignInForm(FlaskForm):
    """E-mail and password; `next` is where the person was going."""

    email = StringField(validators=[InputRequired(_l("Please give your e-mail.")), Length(max=320)])
    password = PasswordField(
        validators=[InputRequired(_l("Please give your password.")), Length(max=LONGEST_PASSWORD)]
    )
    next = HiddenField()
