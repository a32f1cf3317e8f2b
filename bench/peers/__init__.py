"""The product beside other ways to write it: each as well as we can."""
