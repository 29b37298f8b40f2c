from review.models.claims import Claim
from review.models.ratings import Rating

__all__ = ["Claim", "Rating"]
