"""The library as a graph of strawberry's: fields are resolved by attribute."""

import strawberry
from django.urls import path
from strawberry.django.views import GraphQLView

from tests.probes.library.models import Work


@strawberry.type
class Person:
    name: str


@strawberry.type
class Writing:
    title: str
    writer: Person


@strawberry.type
class Query:
    @strawberry.field
    def works(self) -> list[Writing]:
        return list(Work.objects.order_by("pk"))  # type: ignore[arg-type]


schema = strawberry.Schema(query=Query)
urlpatterns = [path("graphql/", GraphQLView.as_view(schema=schema))]
