"""Writes down how each index is worked out, for whoever reads its value (domain.md §5.6)."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# p, a, y: the shares of a region in the population, the area and the resource.
FORMULAS: Final[tuple[tuple[Promise, str], ...]] = (
    (_("Gini coefficient by population"), "G = 1 − Σ (Pₖ − Pₖ₋₁)(Yₖ + Yₖ₋₁),  y/p ↑"),
    (_("Gini coefficient by area"), "G = 1 − Σ (Aₖ − Aₖ₋₁)(Yₖ + Yₖ₋₁),  y/a ↑"),
    (_("Theil index L"), "L = Σ p ln(p/y) = Σ P ln(P/Y) + Σ P·L₍g₎;  log₁₀ = ln / ln 10"),
    (_("Theil index T"), "T = Σ y ln(y/p) = Σ Y ln(Y/P) + Σ Y·T₍g₎"),
    (_("Concentration index"), "C = 1 − Σ (Pₖ − Pₖ₋₁)(Hₖ + Hₖ₋₁)"),
    (_("Health resource density index (HRAD)"), "HRAD = y / a"),
    (_("Population density index (PAD)"), "PAD = p / a;  HRAD/PAD = y / p"),
    (_("Moran's I, binary weights"), "I = n/W · Σᵢ Σⱼ wᵢⱼ zᵢ zⱼ / Σ z²,  wᵢⱼ = 1"),
    (_("Moran's I, row-standardised weights"), "wᵢⱼ = 1 / nᵢ"),
)
