from django.http import HttpResponse


def day(request): return HttpResponse("")
rows = mine = day
