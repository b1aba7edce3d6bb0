"""The second engine: the same op table under jax.jit, in float64, on every device there is."""


def is_there() -> bool:
    """Whether JAX is installed."""
    try:
        import jax  # noqa: F401
    except ImportError:
        return False
    return True
