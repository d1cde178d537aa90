#!/usr/bin/python3
"""Cross-validated accuracy of one technique with one setting on the handwritten digits that scikit-learn ships.

Called with --NAME VALUE for every hyperparameter of the trial (see job.yaml); prints the accuracy after every fold and at
the end. Only the module of the technique asked for is imported: half of a short trial is starting up.
"""

import json
import sys

from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold

FOLDS = 3


def read_arguments(argv):
    names = [word[2:] for word in argv[0::2]]
    return dict(zip(names, argv[1::2]))


def logistic(p):
    from sklearn.linear_model import LogisticRegression
    return LogisticRegression(C=float(p["C"]), max_iter=200)


def svm(p):
    from sklearn.svm import SVC
    return SVC(C=float(p["C"]), kernel=p["kernel"], gamma=float(p.get("gamma", 1)), degree=int(p.get("degree", 3)))


def knn(p):
    from sklearn.neighbors import KNeighborsClassifier
    return KNeighborsClassifier(n_neighbors=int(p["neighbors"]), weights=p["weights"])


def forest(p):
    from sklearn.ensemble import RandomForestClassifier
    return RandomForestClassifier(n_estimators=int(p["trees"]), max_features=float(p["features"]), random_state=0)


def extra_trees(p):
    from sklearn.ensemble import ExtraTreesClassifier
    return ExtraTreesClassifier(n_estimators=int(p["trees"]), max_features=float(p["features"]), random_state=0)


def mlp(p):
    from sklearn.neural_network import MLPClassifier
    return MLPClassifier(hidden_layer_sizes=(int(p["hidden"]),), learning_rate_init=float(p["rate"]), max_iter=40,
                         random_state=0)


def lda(p):
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    return LinearDiscriminantAnalysis(solver="lsqr", shrinkage=float(p["shrinkage"]))


TECHNIQUES = {f.__name__: f for f in (logistic, svm, knn, forest, extra_trees, mlp, lda)}


def main():
    params = read_arguments(sys.argv[1:])
    x, y = load_digits(return_X_y=True)
    x /= 16  # pixels from 0 to 1
    scores = []
    folds = StratifiedKFold(n_splits=FOLDS, shuffle=True, random_state=0)
    for train, test in folds.split(x, y):
        model = TECHNIQUES[params["learner"]](params)
        model.fit(x[train], y[train])
        scores.append(model.score(x[test], y[test]))
        accuracy = round(sum(scores) / len(scores), 6)
        print("::zyg", json.dumps({"step": len(scores), "accuracy": accuracy}), flush=True)
    print("::zyg", json.dumps({"final": {"accuracy": accuracy}}))


if __name__ == "__main__":
    import warnings
    warnings.simplefilter("ignore")  # a search visits settings that do not converge; their score says so
    main()
