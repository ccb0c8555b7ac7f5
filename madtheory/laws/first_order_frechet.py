"""The Fréchet distance to the truth under any schedule, to first order in 1/n."""

from madtheory.laws.first_order_w2_squared import FirstOrderW2Squared


class FirstOrderFrechet(FirstOrderW2Squared):
    r"""The Fréchet distance of two Gaussians is their W₂²."""

    name = "first-order-frechet"
    observable = "frechet"
