"""`manage.py reconcile_superuser`."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from market.api.options import read_superuser
from market.core import environment


class Command(BaseCommand):
    help = (
        "Creates the superuser of DJANGO_SUPERUSER_NAME, or makes it one again, "
        "with the password of DJANGO_SUPERUSER_PASSWORD_FILE. "
        "Changes nothing when all is well, so that nobody is logged out."
    )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            wanted = environment.load(read_superuser)
        except environment.ConfigurationError as error:
            raise CommandError(f"settings are wrong:\n{error}", returncode=environment.EX_CONFIG) from error
        users = get_user_model().objects.select_for_update()
        user, created = users.get_or_create(username=wanted.name, defaults={"email": wanted.email})
        changes = ["created"] if created else []
        for field in ("is_active", "is_staff", "is_superuser"):
            if not getattr(user, field):
                setattr(user, field, True)
                changes.append(field)
        if user.email != wanted.email:
            user.email = wanted.email
            changes.append("email")
        if not user.check_password(wanted.password):
            user.set_password(wanted.password)
            changes.append("password")
        if changes:
            user.save()
        self.stdout.write(f"superuser {wanted.name}: {', '.join(changes) or 'unchanged'}")
