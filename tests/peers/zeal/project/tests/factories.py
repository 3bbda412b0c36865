"""Of factory_boy what the tests call: `F(…)`, `F.create(…)`, `F.create_batch(n, …)`."""

from typing import Any

from django.db.models import Model
from djangoproject.social.models import Post, Profile, User


class Factory(type):
    """A class that is called to make a row of `model`, with what is not given by `defaults()`."""

    def __call__(cls, **given: Any) -> Model:
        return cls.model.objects.create(**{**cls.defaults(given), **given})

    create = __call__

    def create_batch(cls, size: int, **given: Any) -> list[Model]:
        return [cls(**given) for _ in range(size)]


class UserFactory(metaclass=Factory):
    model = User

    @staticmethod
    def defaults(given: dict[str, Any]) -> dict[str, Any]:
        return {"username": "somebody"}


class ProfileFactory(metaclass=Factory):
    model = Profile

    @staticmethod
    def defaults(given: dict[str, Any]) -> dict[str, Any]:
        return {"display_name": "Somebody"}


class PostFactory(metaclass=Factory):
    model = Post

    @staticmethod
    def defaults(given: dict[str, Any]) -> dict[str, Any]:
        return {"text": "something"} if "author" in given else {"text": "", "author": UserFactory()}
