"""What is fitted for each table: one function a table, its arguments the parameters, its answer the
error to minimise.

Errors are means over two splits, which are the same for every configuration. Classifiers answer
with a mean of the share of wrong answers and (where they have probabilities) a bounded log loss, so
that a table has fewer steps of one sample.
"""

import functools

import numpy as np
from sklearn import (
    datasets,
    decomposition,
    ensemble,
    linear_model,
    metrics,
    model_selection,
    neighbors,
    neural_network,
)
from sklearn import pipeline, preprocessing, svm

CLASSES = ("digits", "blurred", "cancer", "wine")


@functools.lru_cache(maxsize=None)
def data(name):
    if name == "friedman":
        x, y = datasets.make_friedman1(500, n_features=12, noise=1.2, random_state=7)
    elif name == "waves":
        rng = np.random.default_rng(11)
        x = rng.normal(size=(420, 6))
        y = (
            np.sin(2 * x[:, 0])
            + 0.5 * x[:, 1] * x[:, 2]
            + np.abs(x[:, 3])
            + 0.3 * rng.normal(size=420)
        )
    else:
        load = {
            "digits": datasets.load_digits,
            "blurred": datasets.load_digits,
            "cancer": datasets.load_breast_cancer,
            "wine": datasets.load_wine,
            "diabetes": datasets.load_diabetes,
        }[name]
        x, y = load(return_X_y=True)
    if name in ("digits", "blurred"):
        rng = np.random.default_rng(5)
        keep = rng.permutation(len(y))[:700]
        x, y = x[keep] / 16, y[keep]
        if name == "blurred":  # else a whole range of neighbours is equally right
            x = x + 0.3 * rng.normal(size=x.shape)
    if name in (
        "cancer",
        "wine",
    ):  # some noise: clean, both are too easy to tell configurations apart
        x = preprocessing.scale(x) + (0.5 if name == "cancer" else 1.2) * np.random.default_rng(
            3
        ).normal(size=x.shape)
    if name not in CLASSES:
        y = (y - y.mean()) / y.std()
        x = preprocessing.scale(x)
    return x, y


def splits(name, count=2):
    x, y = data(name)
    cut = (
        model_selection.StratifiedShuffleSplit if name in CLASSES else model_selection.ShuffleSplit
    )
    for train, test in cut(count, test_size=0.4, random_state=1).split(x, y):
        yield x[train], y[train], x[test], y[test]


def class_error(model, x, y):
    wrong = float(np.mean(model.predict(x) != y))
    if not hasattr(model, "predict_proba"):
        return wrong
    loss = metrics.log_loss(
        y, np.clip(np.nan_to_num(model.predict_proba(x), nan=0.1), 0.01, 1), labels=np.unique(y)
    )
    return 0.5 * wrong + 0.1 * loss


def rmse(model, x, y):
    return float(min(np.sqrt(np.mean((model.predict(x) - y) ** 2)), 9))


def mean_error(name, model):
    error = class_error if name in CLASSES else rmse
    return float(
        np.mean([error(model.fit(x, y), x_test, y_test) for x, y, x_test, y_test in splits(name)])
    )


def svm_digits(C, gamma, dimensions):
    return mean_error(
        "digits",
        pipeline.make_pipeline(
            decomposition.PCA(dimensions, svd_solver="full", whiten=True), svm.SVC(C=C, gamma=gamma)
        ),
    )


def svr_diabetes(C, epsilon, gamma):
    return mean_error("diabetes", svm.SVR(C=C, epsilon=epsilon, gamma=gamma, max_iter=100000))


def forest_friedman(trees, features, leaf, depth):
    return mean_error(
        "friedman",
        ensemble.RandomForestRegressor(
            trees, max_features=features, min_samples_leaf=leaf, max_depth=depth, random_state=0
        ),
    )


def boosting_diabetes(rate, trees, depth, subsample, leaf, features):
    return mean_error(
        "diabetes",
        ensemble.GradientBoostingRegressor(
            learning_rate=rate,
            n_estimators=trees,
            max_depth=depth,
            subsample=subsample,
            min_samples_leaf=leaf,
            max_features=features,
            random_state=0,
        ),
    )


def mlp_digits(rate, alpha, width, batch, decay):
    return mean_error(
        "digits",
        neural_network.MLPClassifier(
            (width,),
            learning_rate_init=rate,
            alpha=alpha,
            batch_size=batch,
            beta_1=decay,
            max_iter=20,
            random_state=0,
        ),
    )


def knn_digits(near, power, dimensions, weights, scaling):
    steps = {
        "none": [],
        "standard": [preprocessing.StandardScaler()],
        "unit": [preprocessing.Normalizer()],
    }[scaling]
    return mean_error(
        "digits",
        pipeline.make_pipeline(
            *steps,
            decomposition.PCA(dimensions, svd_solver="full"),
            neighbors.KNeighborsClassifier(near, p=power, weights=weights, algorithm="brute")
        ),
    )


def sgd_cancer(loss, penalty, alpha, rate, power):
    return mean_error(
        "cancer",
        linear_model.SGDClassifier(
            loss=loss,
            penalty=penalty,
            alpha=alpha,
            eta0=rate,
            power_t=power,
            learning_rate="invscaling",
            max_iter=25,
            tol=None,
            random_state=0,
        ),
    )


def extra_wine(criterion, bootstrap, trees, features, split, depth):
    return mean_error(
        "wine",
        ensemble.ExtraTreesClassifier(
            trees,
            criterion=criterion,
            bootstrap=bootstrap == "yes",
            max_features=features,
            min_samples_split=split,
            max_depth=depth,
            random_state=0,
        ),
    )


def choose_digits(
    learner,
    C=1,
    kernel=None,
    gamma=1,
    degree=3,
    near=1,
    weights=None,
    trees=1,
    features=1,
    leaf=1,
    rate=1,
    width=1,
    alpha=1,
):
    model = {
        "svm": lambda: svm.SVC(C=C, kernel=kernel, gamma=gamma, degree=degree, coef0=0.5),
        "knn": lambda: neighbors.KNeighborsClassifier(near, weights=weights),
        "forest": lambda: ensemble.RandomForestClassifier(
            trees, max_features=features, min_samples_leaf=leaf, random_state=0
        ),
        "mlp": lambda: neural_network.MLPClassifier(
            (width,), learning_rate_init=rate, alpha=alpha, max_iter=20, random_state=0
        ),
        "logistic": lambda: linear_model.LogisticRegression(C=C, max_iter=60),
    }[learner]()
    return float(
        np.mean([np.mean(model.fit(a, b).predict(c) != d) for a, b, c, d in splits("blurred", 4)])
    )


def choose_regression(
    learner,
    C=1,
    gamma=1,
    epsilon=1,
    trees=1,
    features=1,
    rate=1,
    depth=1,
    leaf=1,
    near=1,
    power=2,
    degree=1,
    alpha=1,
    mixture=1,
):
    return mean_error(
        "waves",
        {
            "svr": lambda: svm.SVR(C=C, gamma=gamma, epsilon=epsilon, max_iter=100000),
            "boosting": lambda: ensemble.GradientBoostingRegressor(
                n_estimators=trees,
                max_features=features,
                learning_rate=rate,
                max_depth=depth,
                random_state=0,
            ),
            "forest": lambda: ensemble.RandomForestRegressor(
                trees, max_features=features, min_samples_leaf=leaf, random_state=0
            ),
            "knn": lambda: neighbors.KNeighborsRegressor(near, p=power, weights="distance"),
            "net": lambda: pipeline.make_pipeline(
                preprocessing.PolynomialFeatures(degree, include_bias=False),
                preprocessing.StandardScaler(),
                linear_model.ElasticNet(alpha=alpha, l1_ratio=mixture, max_iter=300),
            ),
        }[learner](),
    )


def curve(name, models, step):
    """The errors after every step, step(model, x, y) training a model once more: the mean over the
    two splits.
    """
    error = class_error if name in CLASSES else rmse
    steps, make = models
    curves = []
    for x, y, x_test, y_test in splits(name):
        model = make()
        curves.append([error(step(model, x, y), x_test, y_test) for _ in range(steps)])
    return [float(v) for v in np.mean(curves, axis=0)]


def mlp_epochs(rate, alpha, width, batch):
    return curve(
        "digits",
        (
            27,
            lambda: neural_network.MLPClassifier(
                (width,), learning_rate_init=rate, alpha=alpha, batch_size=batch, random_state=0
            ),
        ),
        lambda model, x, y: model.partial_fit(x, y, classes=np.arange(10)),
    )


def sgd_epochs(schedule, rate, alpha, noise):
    """Logistic regression on digits whose pixels are blurred by noise, by hand-made schedules of
    the rate.
    """
    age = [0]
    blur = np.random.default_rng(2)

    def step(model, x, y):
        age[0] += 1
        fall = {"constant": 1.0, "invscaling": age[0] ** -0.5, "adaptive": 0.5 ** (age[0] // 6)}[
            schedule
        ]
        model.set_params(eta0=rate * fall)
        return model.partial_fit(
            x + 0.3 * noise * blur.normal(size=x.shape), y, classes=np.arange(10)
        )

    def make():
        age[0] = 0
        return linear_model.SGDClassifier(
            loss="log_loss", alpha=alpha, learning_rate="constant", eta0=rate, random_state=0
        )

    return curve("digits", (27, make), step)


def stages(name, model):
    curves = []
    for x, y, x_test, y_test in splits(name):
        model.fit(x, y)
        if name in CLASSES:
            curves.append(
                [
                    0.5 * float(np.mean(p.argmax(axis=1) != y_test))
                    + 0.1 * metrics.log_loss(y_test, np.clip(p, 0.01, 1))
                    for p in model.staged_predict_proba(x_test)
                ]
            )
        else:
            curves.append(
                [np.sqrt(np.mean((p - y_test) ** 2)) for p in model.staged_predict(x_test)]
            )
    return [float(v) for v in np.mean(curves, axis=0)]


def boosting_stages(rate, depth, subsample, leaf):
    return stages(
        "friedman",
        ensemble.GradientBoostingRegressor(
            learning_rate=rate,
            n_estimators=150,
            max_depth=depth,
            subsample=subsample,
            min_samples_leaf=leaf,
            random_state=0,
        ),
    )[2::3]


def boosting_classes(rate, depth, features, leaf):
    return stages(
        "wine",
        ensemble.GradientBoostingClassifier(
            learning_rate=rate,
            n_estimators=80,
            max_depth=depth,
            max_features=features,
            min_samples_leaf=leaf,
            random_state=0,
        ),
    )[1::2]
