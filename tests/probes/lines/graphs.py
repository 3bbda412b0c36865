"""The library as a graph of graphene's: fields are resolved by attribute."""

from __future__ import annotations

import graphene
from django.urls import path
from graphene_django import DjangoObjectType
from graphene_django.views import GraphQLView

from tests.probes.library.models import Member, Work


class MemberType(DjangoObjectType):
    class Meta:
        model = Member
        fields = ["name"]


class WorkType(DjangoObjectType):
    class Meta:
        model = Work
        fields = ["title", "writer"]


class Query(graphene.ObjectType):
    works = graphene.List(WorkType)

    @staticmethod
    def resolve_works(_: None, info: object) -> object:
        return Work.objects.order_by("pk")


schema = graphene.Schema(query=Query)
urlpatterns = [path("graphql/", GraphQLView.as_view(schema=schema))]
