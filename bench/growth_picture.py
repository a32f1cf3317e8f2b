"""A curve as a small SVG: what grows on a logarithmic x axis, its ratio on y. Pure."""

from collections.abc import Sequence
from html import escape
from math import ceil, log10

WIDTH, HEIGHT = 420, 240
LEFT, RIGHT, TOP, BOTTOM = 52, 34, 34, 46
STEP = 0.25


def picture(
    title: str, unit: str, points: Sequence[tuple[int, float]], *, bound: float | None
) -> str:
    """Points of (size, ratio to the smallest); `bound` is a dashed line. A size of 0 is drawn at
    the left edge, a tenth of the next."""
    sizes = [size for size, _ in points]
    least = min(one for one in sizes if one)
    low = log10(least / 10 if 0 in sizes else least)
    high = max(log10(max(sizes)), low + 1e-9)
    top = max(1.5, ceil(max(ratio for _, ratio in points) / STEP + 0.5) * STEP)

    def x(size: int) -> float:
        share = ((log10(size) if size else low) - low) / (high - low)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(ratio: float) -> float:
        return HEIGHT - BOTTOM - ratio / top * (HEIGHT - TOP - BOTTOM)

    floor, edge = HEIGHT - BOTTOM, WIDTH - RIGHT
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="11">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        text(WIDTH / 2, 18, title, size=13),
    ]
    for number in range(round(top / 0.5) + 1):
        ratio = number * 0.5
        drawn.append(line(LEFT, y(ratio), edge, y(ratio), "#ddd"))
        drawn.append(text(LEFT - 6, y(ratio) + 4, f"{ratio:.1f}", anchor="end"))
    if bound is not None:
        drawn.append(line(LEFT, y(bound), edge, y(bound), "#b00", dashed=True))
    for size in sizes:
        drawn.append(line(x(size), floor, x(size), floor + 4, "#555"))
        drawn.append(text(x(size), floor + 17, f"{size:,}"))
    drawn.append(text((LEFT + edge) / 2, HEIGHT - 8, unit))
    drawn.append(
        f'<text transform="translate(13 {(TOP + floor) / 2:.0f}) rotate(-90)" '
        'text-anchor="middle">times the CPU per event</text>'
    )
    path = " ".join(f"{x(size):.1f},{y(ratio):.1f}" for size, ratio in points)
    drawn.append(f'<polyline points="{path}" fill="none" stroke="#1565c0" stroke-width="2"/>')
    for size, ratio in points:
        drawn.append(f'<circle cx="{x(size):.1f}" cy="{y(ratio):.1f}" r="3" fill="#1565c0"/>')
        drawn.append(text(x(size), y(ratio) - 8, f"{ratio:.2f}"))
    return "\n".join([*drawn, "</svg>", ""])


def text(x: float, y: float, said: str, *, size: int = 11, anchor: str = "middle") -> str:
    """Words at a place."""
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"'
    return f"<text {place}>{escape(said)}</text>"


def line(x: float, y: float, to_x: float, to_y: float, colour: str, *, dashed: bool = False) -> str:
    """A straight line."""
    dash = ' stroke-dasharray="4 3"' if dashed else ""
    ends = f'x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}"'
    return f'<line {ends} stroke="{colour}"{dash}/>'
