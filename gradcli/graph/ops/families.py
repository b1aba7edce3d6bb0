"""Functions that one looks up together."""

from __future__ import annotations

FAMILIES = """
add sub
mul div matmul outer
neg sub
pos add
pow square sqrt exp log exp2
lt le gt ge eq ne where step
abs sign
sqrt cbrt square rsqrt
reciprocal div
exp log expm1 exp2
log log1p log2 log10
expm1 log1p
sin cos tan asin
cos acos
tan atan atan2
asin acos atan
sinh cosh tanh asinh
cosh acosh
tanh atanh sigmoid
erf erfc gelu
gamma lgamma digamma polygamma
floor ceil trunc round
mod floor
hypot norm atan2
logaddexp logsumexp softplus
xlogy log bce
clip min max maximum minimum
max min argmax argmin maximum minimum
stop_gradient diff
sigmoid log_sigmoid silu softplus
relu leaky_relu elu softplus gelu
leaky_relu prelu
elu selu
softsign tanh
silu swish mish gelu
swish swiglu
gelu gelu_sigmoid
glu swiglu sigmoid
step sign relu
sum mean prod cumsum count
prod prod_others
mean var std
count count_nonzero classes
classes onehot argmax
norm sqrt
logsumexp softmax log_softmax
softmax log_softmax sigmoid argmax
cross_entropy log_softmax softmax nll kl
nll log_softmax
bce bce_with_logits sigmoid hinge
bce_with_logits log_sigmoid cross_entropy
mse mae squared_error huber
squared_error square
kl log_softmax
matmul outer transpose
trace diag eye
det logdet inv solve cofactor
cofactor cofactor_slope
reshape flatten transpose expand
concat stack
repeat expand
expand sum_to
full zeros ones expand
eye diag onehot
arange linspace
index onehot scatter where
randn uniform randint
"""
"""A family a line, the nearest first; a function may be in several."""


def related(name: str) -> list[str]:
    """The functions of the same families, the nearest first."""
    lines = [line.split() for line in FAMILIES.strip().splitlines()]
    mine = sorted((line for line in lines if name in line), key=lambda line: line.index(name))
    return list(dict.fromkeys(other for line in mine for other in line if other != name))
