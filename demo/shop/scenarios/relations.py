"""Every way from one row to others, taken row by row; the twins load all of them at once."""

from django.http import JsonResponse

from shop.models import Author, Book, Note, Order, Review


def n_plus_one_chain(request):
    books = list(Book.objects.order_by("pk")[:20])  # origin: n_plus_one_chain
    return JsonResponse({"books": [home_of(book) for book in books]})


def home_of(book):
    author = book.author
    country = author.country  # finding: n_plus_one_chain
    return f"{book.title}, {author.name}, {country.name}"


def healthy_chain(request):
    books = Book.objects.select_related("author__country").order_by("pk")[:20]
    return JsonResponse({"books": [home_of(book) for book in books]})


def n_plus_one_nested(request):
    authors = list(Author.objects.order_by("pk")[:4])  # origin: n_plus_one_nested
    return JsonResponse({"authors": [subjects(author) for author in authors]})


def subjects(author):
    names = set()
    for book in author.books.all():
        names.update(tag.name for tag in book.tags.all())  # finding: n_plus_one_nested
    return {"name": author.name, "tags": sorted(names)}


def healthy_nested(request):
    authors = Author.objects.prefetch_related("books__tags").order_by("pk")[:4]
    return JsonResponse({"authors": [subjects(author) for author in authors]})


def n_plus_one_many(request):
    books = list(Book.objects.order_by("author", "pk")[:25])  # origin: n_plus_one_many
    return JsonResponse({"books": [tagged(book) for book in books]})


def tagged(book):
    return sorted(tag.name for tag in book.tags.all())  # finding: n_plus_one_many


def healthy_many(request):
    books = Book.objects.prefetch_related("tags").order_by("author", "pk")[:25]
    return JsonResponse({"books": [tagged(book) for book in books]})


def n_plus_one_one_to_one(request):
    authors = list(Author.objects.order_by("name")[:25])  # origin: n_plus_one_one_to_one
    return JsonResponse({"authors": [portrait(author) for author in authors]})


def portrait(author):
    return author.biography.text  # finding: n_plus_one_one_to_one


def healthy_one_to_one(request):
    authors = Author.objects.select_related("biography").order_by("name")[:25]
    return JsonResponse({"authors": [portrait(author) for author in authors]})


def n_plus_one_generic(request):
    notes = list(Note.objects.order_by("pk")[:25])  # origin: n_plus_one_generic
    return JsonResponse({"notes": [reminder(note) for note in notes]})


def reminder(note):
    return f"{note.text} {note.about.placed_at:%d %B}"  # finding: n_plus_one_generic


def healthy_generic(request):
    notes = Note.objects.prefetch_related("about").order_by("pk")[:25]
    return JsonResponse({"notes": [reminder(note) for note in notes]})


def n_plus_one_generic_relation(request):
    orders = list(Order.objects.order_by("pk")[:25])  # origin: n_plus_one_generic_relation
    return JsonResponse({"orders": [instructions(order) for order in orders]})


def instructions(order):
    return [note.text for note in order.notes.all()]  # finding: n_plus_one_generic_relation


def healthy_generic_relation(request):
    orders = Order.objects.prefetch_related("notes").order_by("pk")[:25]
    return JsonResponse({"orders": [instructions(order) for order in orders]})


def n_plus_one_deferred(request):
    reviews = list(Review.objects.only("stars")[:25])  # origin: n_plus_one_deferred
    return JsonResponse({"reviews": [quote(review) for review in reviews]})


def quote(review):
    return f"{review.stars}: {review.text}"  # finding: n_plus_one_deferred


def healthy_deferred(request):
    reviews = Review.objects.only("text", "stars")[:25]
    return JsonResponse({"reviews": [quote(review) for review in reviews]})
