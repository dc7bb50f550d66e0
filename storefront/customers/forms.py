"""The shape of what people send about their account."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from storefront.customers.rules import LONGEST_PASSWORD

EMAIL = (InputRequired(_l("Please give your e-mail.")), Length(max=320, message=_l("That is too long.")))
NAME = (Length(max=120, message=_l("That is too long.")),)


def _password(message: str = "") -> PasswordField:
    words = message or _l("Please give your password.")
    # What is too long for a new password is said by its rules; here only what no password can be.
    return PasswordField(validators=[InputRequired(words), Length(max=4 * LONGEST_PASSWORD)])


class SignInForm(FlaskForm):
    """E-mail and password; `next` is where the person was going."""

    email = StringField(validators=[InputRequired(_l("Please give your e-mail.")), Length(max=320)])
    password = PasswordField(
        validators=[InputRequired(_l("Please give your password.")), Length(max=LONGEST_PASSWORD)]
    )
    next = HiddenField()


class RegisterForm(FlaskForm):
    """A new account. Marketing is a question of its own, and not ticked."""

    name = StringField(validators=NAME)
    email = StringField(validators=EMAIL)
    password = _password(_l("Please choose a password."))
    marketing = BooleanField()
    next = HiddenField()


class ConfirmForm(FlaskForm):
    """The button of a link; a password where the link was opened elsewhere."""

    password = PasswordField(validators=[Length(max=4 * LONGEST_PASSWORD)])


class ForgotForm(FlaskForm):
    """Whose password is wanted anew."""

    email = StringField(validators=EMAIL)


class ResetForm(FlaskForm):
    """The new password, once: password managers fill it in, and it can be shown."""

    password = _password(_l("Please choose a password."))


class CodeForm(FlaskForm):
    """A code of the app, or one on paper."""

    code = StringField(validators=[InputRequired(_l("Please give the code.")), Length(max=40)])


class PasskeyForm(FlaskForm):
    """What the browser answered, as JSON."""

    credential = HiddenField(
        validators=[InputRequired(_l("Your browser sent no passkey.")), Length(max=40_000)]
    )
    name = StringField(validators=[Length(max=80)])
    next = HiddenField()


class PasswordForm(FlaskForm):
    """Proof that whoever sits there knows the password."""

    password = _password()


class ChangePasswordForm(FlaskForm):
    """The old password and the new one."""

    current = _password()
    new = _password(_l("Please choose a password."))


class ChangeEmailForm(FlaskForm):
    """A new address, with the password."""

    email = StringField(validators=EMAIL)
    password = _password()


class ProfileForm(FlaskForm):
    """What people say about themselves."""

    first_name = StringField(validators=NAME)
    last_name = StringField(validators=NAME)
    phone = StringField(validators=[Length(max=40, message=_l("That is too long."))])
    language = StringField(validators=[Length(max=8)])


class ChoiceForm(FlaskForm):
    """A visitor's answer: all, none, or some (what is ticked is read by name)."""

    choice = StringField(validators=[Length(max=10)])
    next = HiddenField()


class EraseForm(FlaskForm):
    """The password, and a tick that says it is meant."""

    password = _password()
    sure = BooleanField(validators=[InputRequired(_l("Please tick that you mean it."))])
