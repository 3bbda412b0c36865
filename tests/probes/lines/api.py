"""An API of the library: no line of ours runs when it is asked."""

from __future__ import annotations

from typing import Any

from django.urls import path
from rest_framework import generics, serializers
from rest_framework.response import Response

from tests.probes.library.models import Member, Tag, Work


class MemberSerializer(serializers.ModelSerializer):
    class Meta:
        model = Member
        fields = ["name", "follows"]


class TagSerializer(serializers.ModelSerializer):
    class Meta:
        model = Tag
        fields = ["name"]


class WorkSerializer(serializers.ModelSerializer):
    writer = MemberSerializer()
    tags = TagSerializer(many=True)

    class Meta:
        model = Work
        fields = ["title", "writer", "tags"]


class EditedSerializer(serializers.ModelSerializer):
    editor = TagSerializer()

    class Meta:
        model = Work
        fields = ["editor"]


class WrittenSerializer(serializers.ModelSerializer):
    writer = TagSerializer()

    class Meta:
        model = Work
        fields = ["writer"]


class OwnSerializer(serializers.ModelSerializer):
    by = serializers.SerializerMethodField()

    class Meta:
        model = Work
        fields = ["by"]

    def get_by(self, work: Work) -> str:
        return str(work.writer.name)


class WorkList(generics.ListAPIView):
    queryset = Work.objects.order_by("pk")
    serializer_class = WorkSerializer


class EditedList(generics.ListAPIView):
    queryset = Work.objects.order_by("pk")
    serializer_class = EditedSerializer


class WrittenList(generics.ListAPIView):
    queryset = Work.objects.order_by("pk")
    serializer_class = WrittenSerializer


class OwnList(generics.ListAPIView):
    queryset = Work.objects.order_by("pk")
    serializer_class = OwnSerializer


class OwnView(generics.ListAPIView):
    queryset = Work.objects.order_by("pk")

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return Response(WrittenSerializer(self.get_queryset(), many=True).data)


urlpatterns = [
    path("works/", WorkList.as_view()),
    path("edited/", EditedList.as_view()),
    path("written/", WrittenList.as_view()),
    path("own/", OwnList.as_view()),
    path("view/", OwnView.as_view()),
]
