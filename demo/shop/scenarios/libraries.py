"""Where no line of the shop touches the relation: a template, a serializer, the admin's list."""

from django.contrib import admin
from django.contrib.auth.models import User
from django.shortcuts import render
from rest_framework import generics, serializers
from rest_framework.renderers import JSONRenderer

from shop.models import Author, Book, Country, Review

PAGE = 25


def n_plus_one_template(request):
    books = list(Book.objects.order_by("-pk")[:PAGE])  # origin: n_plus_one_template
    return render(request, "shop/spines.html", {"books": books})


def healthy_template(request):
    books = Book.objects.select_related("publisher").order_by("-pk")[:PAGE]
    return render(request, "shop/spines.html", {"books": books})


class CountrySerializer(serializers.ModelSerializer):
    class Meta:
        model = Country
        fields = ("code", "name")


class AuthorSerializer(serializers.ModelSerializer):  # finding: n_plus_one_serializer
    country = CountrySerializer()

    class Meta:
        model = Author
        fields = ("name", "country")


class AuthorList(generics.ListAPIView):  # origin: n_plus_one_serializer
    queryset = Author.objects.order_by("name")[:PAGE]
    serializer_class = AuthorSerializer
    renderer_classes = (JSONRenderer,)
    authentication_classes = ()


class HealthyAuthorList(AuthorList):
    queryset = Author.objects.select_related("country").order_by("name")[:PAGE]


class Shopkeepers(admin.AdminSite):
    """Nobody has to log in to the demo."""

    def has_permission(self, request):
        request.user = User(username="shopkeeper", is_staff=True, is_superuser=True)
        return True


class ReviewAdmin(admin.ModelAdmin):  # finding, origin: n_plus_one_admin
    list_display = ("stars", "book__title")
    list_per_page = PAGE
    show_full_result_count = False


class HealthyReviewAdmin(ReviewAdmin):
    list_select_related = ("book",)


n_plus_one_serializer = AuthorList.as_view()
healthy_serializer = HealthyAuthorList.as_view()
site = Shopkeepers()
site.register(Review, ReviewAdmin)
n_plus_one_admin = site.admin_view(ReviewAdmin(Review, site).changelist_view)
healthy_admin = site.admin_view(HealthyReviewAdmin(Review, site).changelist_view)
