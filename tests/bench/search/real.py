"""The spaces of the tables of real fits: ten plain ones, two of them choosing the learner too, and
four with curves.

tables/make.py makes the fits; table.py says how they are looked up. NAME: (space, fits in all
branches together).
"""

from space import category, integer, real

PLAIN = {
    "svm-digits": (
        [
            real("C", 0.02, 3000, log=True),
            real("gamma", 1e-5, 0.5, log=True),
            integer("dimensions", 3, 60),
        ],
        600,
    ),
    "svr-diabetes": (
        [
            real("C", 0.01, 3000, log=True),
            real("epsilon", 0.005, 1.5, log=True),
            real("gamma", 1e-4, 3, log=True),
        ],
        700,
    ),
    "forest-friedman": (
        [
            integer("trees", 4, 60, log=True),
            real("features", 0.05, 1.0),
            integer("leaf", 1, 40, log=True),
            integer("depth", 2, 16),
        ],
        700,
    ),
    "boosting-diabetes": (
        [
            real("rate", 0.005, 0.8, log=True),
            integer("trees", 5, 200, log=True),
            integer("depth", 1, 8),
            real("subsample", 0.25, 1.0),
            integer("leaf", 1, 60, log=True),
            real("features", 0.1, 1.0),
        ],
        1200,
    ),
    "mlp-digits": (
        [
            real("rate", 1e-4, 0.2, log=True),
            real("alpha", 1e-6, 1.0, log=True),
            integer("width", 4, 96, log=True),
            integer("batch", 16, 256, log=True),
            real("decay", 0.5, 0.995),
        ],
        800,
    ),
    "knn-digits": (
        [
            integer("near", 1, 50, log=True),
            real("power", 1.0, 6.0),
            integer("dimensions", 3, 60),
            category("weights", ["uniform", "distance"]),
            category("scaling", ["none", "standard", "unit"]),
        ],
        900,
    ),
    "sgd-cancer": (
        [
            category("loss", ["hinge", "log_loss", "modified_huber"]),
            category("penalty", ["l1", "l2"]),
            real("alpha", 1e-6, 0.3, log=True),
            real("rate", 1e-4, 3.0, log=True),
            real("power", 0.05, 0.9),
        ],
        1500,
    ),
    "extra-wine": (
        [
            category("criterion", ["gini", "entropy"]),
            category("bootstrap", ["yes", "no"]),
            integer("trees", 3, 40, log=True),
            real("features", 0.05, 1.0),
            integer("split", 2, 40, log=True),
            integer("depth", 1, 12),
        ],
        1600,
    ),
    "choose-digits": (
        [
            category("learner", ["svm", "knn", "forest", "mlp", "logistic"]),
            category("kernel", ["rbf", "poly", "sigmoid"], when=("learner", "svm")),
            real("C", 0.001, 1000, log=True, when=("learner", "svm", "logistic")),
            real("gamma", 1e-5, 1.0, log=True, when=("learner", "svm")),
            integer("degree", 2, 6, when=("kernel", "poly")),
            integer("near", 1, 40, log=True, when=("learner", "knn")),
            category("weights", ["uniform", "distance"], when=("learner", "knn")),
            integer("trees", 4, 60, log=True, when=("learner", "forest")),
            real("features", 0.02, 0.8, when=("learner", "forest")),
            integer("leaf", 1, 20, log=True, when=("learner", "forest")),
            real("rate", 1e-4, 0.1, log=True, when=("learner", "mlp")),
            integer("width", 4, 96, log=True, when=("learner", "mlp")),
            real("alpha", 1e-6, 1.0, log=True, when=("learner", "mlp")),
        ],
        1000,
    ),
    "choose-regression": (
        [
            category("learner", ["svr", "boosting", "forest", "knn", "net"]),
            real("C", 0.01, 1000, log=True, when=("learner", "svr")),
            real("gamma", 1e-3, 3.0, log=True, when=("learner", "svr")),
            real("epsilon", 0.01, 1.0, log=True, when=("learner", "svr")),
            integer("trees", 5, 150, log=True, when=("learner", "boosting", "forest")),
            real("features", 0.1, 1.0, when=("learner", "boosting", "forest")),
            real("rate", 0.01, 0.8, log=True, when=("learner", "boosting")),
            integer("depth", 1, 7, when=("learner", "boosting")),
            integer("leaf", 1, 30, log=True, when=("learner", "forest")),
            integer("near", 1, 40, log=True, when=("learner", "knn")),
            real("power", 1.0, 5.0, when=("learner", "knn")),
            category("degree", [1, 2, 3], when=("learner", "net")),
            real("alpha", 1e-4, 10.0, log=True, when=("learner", "net")),
            real("mixture", 0.0, 1.0, when=("learner", "net")),
        ],
        1100,
    ),
}

CURVES = {
    "mlp-epochs": (
        [
            real("rate", 3e-5, 0.1, log=True),
            real("alpha", 1e-6, 1.0, log=True),
            integer("width", 4, 96, log=True),
            integer("batch", 16, 256, log=True),
        ],
        300,
        27,
    ),
    "sgd-epochs": (
        [
            category("schedule", ["constant", "invscaling", "adaptive"]),
            real("rate", 1e-4, 3.0, log=True),
            real("alpha", 1e-6, 0.3, log=True),
            real("noise", 0.01, 1.0, log=True),
        ],
        360,
        27,
    ),
    "boosting-stages": (
        [
            real("rate", 0.005, 1.0, log=True),
            integer("depth", 1, 8),
            real("subsample", 0.2, 1.0),
            integer("leaf", 1, 60, log=True),
        ],
        300,
        50,
    ),
    "boosting-classes": (
        [
            real("rate", 0.01, 1.5, log=True),
            integer("depth", 1, 6),
            real("features", 0.05, 1.0),
            integer("leaf", 1, 40, log=True),
        ],
        250,
        40,
    ),
}
