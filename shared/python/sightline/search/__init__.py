"""From a sentence to what a person sees: query, rights, hits joined with records."""

from sightline.search.query import SearchQuery, parse_query
from sightline.search.searcher import Searcher
from sightline.search.web import SearchSite

__all__ = ["SearchQuery", "SearchSite", "Searcher", "parse_query"]
