"""The second engine: the same op table under jax.jit, in float64, on every device there is."""
